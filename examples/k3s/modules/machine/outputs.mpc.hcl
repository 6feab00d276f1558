output "name" {
  value = vm.this.name
}

output "vmid" {
  value = vm.this.vmid
}

output "address" {
  value = split("/", var.networks[0].address)[0]
}
