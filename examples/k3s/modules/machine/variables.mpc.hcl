variable "name" {
  type = string
}

variable "node" {
  type = string
}

variable "template" {
  type = string
}

variable "pool" {
  type    = string
  default = null
}

variable "role" {
  type = string
}

variable "size" {
  type = object({
    cores  = optional(number, 2)
    memory = optional(number, 2048)
    cpu    = optional(string, "x86-64-v2-AES")
    power  = optional(string, "running")
    taints = optional(list(string), [])
    disks = optional(map(object({
      size    = string
      storage = optional(string, "local-lvm")
      backup  = optional(bool, true)
    })), {})
  })

  validation {
    condition     = contains(keys(var.size.disks), "scsi0")
    error_message = "A machine boots from scsi0; give it a size."
  }

  validation {
    condition     = var.size.memory >= 1024
    error_message = "k3s needs 1 GiB of memory, ${var.name} has ${var.size.memory} MiB."
  }
}

variable "networks" {
  type = list(object({
    bridge  = string
    vlan    = optional(number)
    mtu     = optional(number)
    address = string
    gateway = optional(string)
  }))
}

variable "cloud_init" {
  type = object({
    user        = optional(string, "admin")
    ssh_keys    = list(string)
    nameservers = optional(list(string), [])
    domain      = optional(string)
    snippet     = optional(string)
  })
}
