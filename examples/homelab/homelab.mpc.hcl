# Two web servers made from a template, a container, and a database VM that exists already.
# Runs on the simulated cluster: mpc simulate

variable "web_count" {
  type        = number
  default     = 2
  description = "how many web servers"
}

locals {
  tags = ["homelab"]
}

vm "web" {
  count  = var.web_count
  node   = "pve1"
  name   = "web-${count.index}"
  clone  = "debian-12" # a template, by name or VMID
  cores  = 2
  memory = 2048
  tags   = concat(local.tags, ["web"])
  onboot = true
  power  = "running"

  network "net0" {
    bridge = "vmbr0"
    tag    = 20
  }

  ipconfig0 {
    ip = "10.0.20.${10 + count.index}/24"
    gw = "10.0.20.1"
  }
}

container "metrics" {
  node         = "pve2"
  hostname     = "metrics"
  template     = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  cores        = 1
  memory       = 512
  unprivileged = true
  tags         = local.tags
  features     = { nesting = true } # a block with labels and a map are the same thing
  rootfs       = { storage = "tank", size = "8G" }
  network = {
    net0 = { name = "eth0", bridge = "vmbr0", ip = "10.0.20.53/24", gw = "10.0.20.1" }
  }
}

# The database is already there: bind it, and change only what is declared.
import {
  to = vm.db
  id = "pve1/101"
}

vm "db" {
  node        = "pve1"
  name        = "db"
  description = "PostgreSQL, declared in Git"
  memory      = 12288
  tags        = concat(local.tags, ["db", "prod"])

  disk "scsi1" {
    storage = "local-lvm"
    size    = "32G"
    discard = "on"
  }

  lifecycle {
    prevent_destroy = true
  }
}

output "web_names" {
  value = [for server in vm.web : server.name]
}
