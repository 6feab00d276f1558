# One server: a linked clone or a container, never both.

vm "server" {
  count = var.exercise.kind == "vm" ? 1 : 0

  node       = var.node
  name       = var.name
  clone      = var.server
  full       = false
  memory     = var.exercise.memory
  power      = "running"
  pool       = var.pool
  tags       = var.tags
  ciuser     = "root"
  cipassword = var.password
  network    = { net0 = { bridge = "vmbr0", tag = var.vlan } }
  ipconfig0  = { ip = var.address, gw = var.gateway }

  dynamic "disk" {
    for_each = var.exercise.data[*]
    labels   = ["scsi1"]
    content {
      storage = "local-lvm"
      size    = disk.value
    }
  }
}

container "server" {
  count = var.exercise.kind == "container" ? 1 : 0

  node         = var.node
  hostname     = var.name
  template     = var.archive
  memory       = var.exercise.memory
  unprivileged = true
  power        = "running"
  pool         = var.pool
  tags         = var.tags
  password     = var.password
  rootfs       = { storage = "local-lvm", size = "2G" }

  network "net0" {
    name   = "eth0"
    bridge = "vmbr0"
    tag    = var.vlan
    ip     = var.address
    gw     = var.gateway
  }
}

output "name" {
  value = one(concat(vm.server[*].name, container.server[*].hostname))
}
