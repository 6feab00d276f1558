variable "course" { type = string }
variable "name" { type = string }
variable "pool" { type = string }
variable "desktop" { type = string }
variable "server" { type = string }
variable "archive" { type = string }

variable "password" {
  type      = string
  sensitive = true
}

variable "team" {
  type = object({
    students  = list(string)
    exercises = set(string)
    node      = string
    vlan      = number
    network   = string
  })
}
