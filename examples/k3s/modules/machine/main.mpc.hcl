vm "this" {
  node        = var.node
  name        = var.name
  clone       = var.template
  pool        = var.pool
  power       = var.size.power
  onboot      = var.size.power == "running"
  cores       = var.size.cores
  cpu         = { cputype = var.size.cpu }
  memory      = var.size.memory
  balloon     = 0
  tags        = sort(["k3s", var.role])
  description = length(var.size.taints) == 0 ? "k3s ${var.role}" : "k3s ${var.role}, ${join(", ", var.size.taints)}"

  agent { enabled = true }

  dynamic "disk" {
    for_each = var.size.disks
    labels   = [disk.key]
    content {
      storage  = disk.value.storage
      size     = disk.value.size
      backup   = disk.value.backup
      discard  = "on"
      iothread = true
    }
  }

  dynamic "network" {
    for_each = var.networks
    labels   = ["net${network.key}"]
    content {
      bridge = network.value.bridge
      tag    = network.value.vlan
      mtu    = network.value.mtu
    }
  }

  ciuser       = var.cloud_init.user
  sshkeys      = var.cloud_init.ssh_keys
  nameserver   = join(" ", var.cloud_init.nameservers)
  searchdomain = var.cloud_init.domain
  cicustom     = var.cloud_init.snippet == null ? null : { vendor = var.cloud_init.snippet }

  ipconfig0 = { ip = var.networks[0].address, gw = var.networks[0].gateway }
  ipconfig1 = length(var.networks) > 1 ? { ip = var.networks[1].address } : null

  lifecycle {
    ignore_changes = [description]

    precondition {
      condition     = length(var.networks) <= 2
      error_message = "cloud-init is set up for two networks here, ${var.name} has ${length(var.networks)}."
    }
  }
}
