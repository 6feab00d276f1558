variable "name" { type = string }
variable "node" { type = string }
variable "address" { type = string }
variable "gateway" { type = string }
variable "vlan" { type = number }
variable "pool" { type = string }
variable "tags" { type = set(string) }
variable "server" { type = string }
variable "archive" { type = string }

variable "password" {
  type      = string
  sensitive = true
}

variable "exercise" {
  type = object({
    kind   = string
    memory = number
    data   = optional(string)
  })

  validation {
    condition     = contains(["vm", "container"], var.exercise.kind)
    error_message = "An exercise is a \"vm\" or a \"container\", not \"${var.exercise.kind}\"."
  }
}
