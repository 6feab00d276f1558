variable "cluster_name" {
  type        = string
  default     = "k3s"
  description = "first part of every name"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.cluster_name))
    error_message = "A cluster name is up to 16 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "network" {
  type = object({
    cidr        = string
    bridge      = optional(string, "vmbr0")
    vlan        = optional(number)
    gateway     = optional(number, 1) # host number
    nameservers = optional(list(string), ["10.0.0.2", "10.0.0.3"])
    domain      = optional(string, "home.arpa")
  })
  default = {
    cidr = "10.0.40.0/24"
    vlan = 40
  }
  description = "where the machines live"

  validation {
    condition     = can(cidrhost(var.network.cidr, 250))
    error_message = "network.cidr must be an IPv4 network with room for 250 hosts, not ${var.network.cidr}."
  }
}

variable "storage_network" {
  type        = object({ cidr = string, bridge = string })
  default     = { cidr = "10.0.41.0/24", bridge = "vmbr1" }
  description = "a second network for groups with storage_network: true"
}

variable "template" {
  type        = string
  default     = "debian-12-cloud"
  description = "the VM template to clone, by name or VMID"
}

variable "ssh_keys" {
  type        = list(string)
  description = "who may log in; see k3s.auto.mpcvars.hcl"

  validation {
    condition     = alltrue([for key in var.ssh_keys : startswith(key, "ssh-")])
    error_message = "Give public keys, as they stand in ~/.ssh/*.pub."
  }
}

variable "join_token" {
  type        = string
  sensitive   = true
  default     = "change-me-in-the-environment"
  description = "what agents show to servers; better given as MPC_VAR_join_token"
}
