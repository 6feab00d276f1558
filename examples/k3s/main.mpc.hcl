# A k3s cluster whose machines stand in groups/*.yaml, one file for each group.

locals {
  groups = {
    for file in fileset("${path.module}/groups", "*.yaml") :
    trimsuffix(file, ".yaml") => yamldecode(file("${path.module}/groups/${file}"))
  }

  # One element for each machine, spread over the nodes of its group.
  machines = merge([
    for role, group in local.groups : {
      for index in range(group.count) : "${role}-${index + 1}" => {
        role    = role
        group   = group
        node    = element(group.nodes, index)
        host    = group.first_host + index
        address = cidrhost(var.network.cidr, group.first_host + index)
      }
    }
  ]...)

  gateway       = cidrhost(var.network.cidr, var.network.gateway)
  prefix_length = split("/", var.network.cidr)[1]
  api_address   = cidrhost(var.network.cidr, 10)

  servers = { for name, machine in local.machines : name => machine if machine.role == "server" }
}

pool "k3s" {
  poolid  = var.cluster_name
  comment = "${length(local.machines)} machines of ${var.cluster_name}"
}

module "machine" {
  source   = "./modules/machine"
  for_each = local.machines

  name     = "${var.cluster_name}-${each.key}"
  node     = each.value.node
  template = var.template
  pool     = pool.k3s.poolid
  role     = each.value.role
  size     = each.value.group

  networks = concat(
    [{
      bridge  = var.network.bridge
      vlan    = var.network.vlan
      address = "${each.value.address}/${local.prefix_length}"
      gateway = local.gateway
    }],
    try(each.value.group.storage_network, false) ? [{
      bridge  = var.storage_network.bridge
      address = "${cidrhost(var.storage_network.cidr, each.value.host)}/24"
      mtu     = 9000
    }] : [],
  )

  cloud_init = {
    ssh_keys    = var.ssh_keys
    nameservers = var.network.nameservers
    domain      = var.network.domain
    snippet     = "local:snippets/${var.cluster_name}-${each.value.role == "server" ? "server" : "agent"}.yaml"
  }
}

# Two small containers share the address that everyone uses to reach the servers.
container "api" {
  for_each = { a = "pve1", b = "pve2" }

  node         = each.value
  hostname     = "${var.cluster_name}-api-${each.key}"
  template     = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  cores        = 1
  memory       = 512
  unprivileged = true
  onboot       = true
  power        = "running"
  pool         = pool.k3s.poolid
  tags         = ["haproxy", var.cluster_name]
  startup      = { order = 1, up = 10 }

  description = templatefile("${path.module}/templates/haproxy.cfg.tftpl", {
    address = local.api_address
    servers = { for name in keys(local.servers) : name => module.machine[name].address }
  })

  rootfs {
    storage = "local-lvm"
    size    = "4G"
  }

  network "net0" {
    name   = "eth0"
    bridge = var.network.bridge
    tag    = var.network.vlan
    ip     = "${cidrhost(var.network.cidr, each.key == "a" ? 8 : 9)}/${local.prefix_length}"
    gw     = local.gateway
  }
}

container "registry" {
  node         = "pve3"
  hostname     = "${var.cluster_name}-registry"
  template     = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  cores        = 2
  memory       = 2048
  unprivileged = true
  features     = { nesting = true }
  onboot       = true
  power        = "running"
  pool         = pool.k3s.poolid
  tags         = ["registry", var.cluster_name]
  rootfs       = { storage = "local-lvm", size = "8G" }

  network "net0" {
    name   = "eth0"
    bridge = var.network.bridge
    tag    = var.network.vlan
    ip     = "${cidrhost(var.network.cidr, 7)}/${local.prefix_length}"
    gw     = local.gateway
  }

  mount_point "mp0" {
    storage = "local-lvm"
    size    = "100G"
    mp      = "/var/lib/registry"
    backup  = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

data "storage" "images" {
  name = "local-lvm"
}

check "quorum" {
  assert {
    condition     = length(local.servers) % 2 == 1
    error_message = "etcd wants an odd number of servers, not ${length(local.servers)}."
  }

  assert {
    condition     = length(distinct([for server in local.servers : server.node])) == length(local.servers)
    error_message = "Two servers share a node: losing it loses the quorum."
  }
}

check "space" {
  assert {
    condition     = data.storage.images.free > 200 * pow(1024, 3)
    error_message = "local-lvm has less than 200 GiB left."
  }
}
