output "seats" {
  description = "which machine is whose"
  value       = merge([for team in module.team : team.seats]...)
}

output "gateways" {
  value = { for name, team in module.team : name => team.gateway }
}

output "password" {
  value     = var.initial_password
  sensitive = true
}

output "guests" {
  value = sum([for team in module.team : team.count]) + length(vm.teacher) + length(vm.image) + 1
}
