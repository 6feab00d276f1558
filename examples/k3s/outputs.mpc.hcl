output "addresses" {
  value       = { for name, machine in module.machine : name => machine.address }
  description = "address of every machine"
}

output "inventory" {
  description = "machines by role, as Ansible wants them"
  value = yamlencode({
    for role in keys(local.groups) : role => {
      hosts = {
        for name, machine in local.machines : module.machine[name].name => {
          ansible_host = machine.address
        } if machine.role == role
      }
    }
  })
}

locals {
  user_data = {
    for role in ["server", "agent"] : role => templatefile("${path.module}/templates/user-data.yaml.tftpl", {
      role     = role
      api      = local.api_address
      token    = var.join_token
      packages = concat(["qemu-guest-agent", "curl"], role == "agent" ? ["open-iscsi", "nfs-common"] : [])
    })
  }
}

output "user_data" {
  description = "the snippets cicustom refers to; the README says how they get to the nodes"
  value       = local.user_data
  sensitive   = true
}
