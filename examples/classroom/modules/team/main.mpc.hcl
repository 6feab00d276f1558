locals {
  prefix = "${var.course}-${var.name}"

  # What an exercise needs; "web" and "db" are servers, "mail" is a container.
  exercises = {
    web  = { kind = "vm", memory = 1024, host = 20 }
    db   = { kind = "vm", memory = 2048, host = 21, data = "16G" }
    mail = { kind = "container", memory = 512, host = 22 }
  }

  chosen = { for name in var.team.exercises : name => local.exercises[name] }
}

container "gateway" {
  node         = var.team.node
  hostname     = "${local.prefix}-gw"
  template     = var.archive
  memory       = 128
  unprivileged = true
  power        = "running"
  pool         = var.pool
  tags         = [var.course, var.name]
  password     = var.password
  rootfs       = { storage = "local-lvm", size = "1G" }

  network = {
    net0 = { name = "wan", bridge = "vmbr0", ip = "dhcp" }
    net1 = {
      name   = "lan"
      bridge = "vmbr0"
      tag    = var.team.vlan
      ip     = "${cidrhost(var.team.network, 1)}/24"
    }
  }
}

vm "desktop" {
  for_each = toset(var.team.students)

  node        = var.team.node
  name        = "${local.prefix}-${each.key}"
  description = "Desktop of ${title(each.key)}, team ${var.name}"
  clone       = var.desktop
  full        = false
  cores       = 2
  memory      = 4096
  power       = "running"
  pool        = var.pool
  tags        = ["desktop", var.course, var.name]
  ciuser      = each.key
  cipassword  = var.password
  network     = { net0 = { bridge = "vmbr0", tag = var.team.vlan } }

  ipconfig0 = {
    ip = "${cidrhost(var.team.network, 100 + index(var.team.students, each.key))}/24"
    gw = cidrhost(var.team.network, 1)
  }

  depends_on = [container.gateway]
}

module "exercise" {
  source   = "../exercise"
  for_each = local.chosen

  name     = "${local.prefix}-${each.key}"
  exercise = each.value
  node     = var.team.node
  address  = "${cidrhost(var.team.network, each.value.host)}/24"
  gateway  = cidrhost(var.team.network, 1)
  vlan     = var.team.vlan
  pool     = var.pool
  tags     = ["exercise", var.course, var.name]
  server   = var.server
  archive  = var.archive
  password = var.password
}
