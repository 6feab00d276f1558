output "seats" {
  value = { for student, desktop in vm.desktop : student => desktop.name }
}

output "gateway" {
  value = cidrhost(var.team.network, 1)
}

output "count" {
  value = 1 + length(vm.desktop) + length(module.exercise)
}
