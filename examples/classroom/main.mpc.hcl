# A course: each team gets a desktop for each student, a gateway, and the servers of its exercises.

locals {
  # Teams in a fixed order, so that each has a number: its VLAN and its network follow from it.
  numbers = { for index, name in sort(keys(var.teams)) : name => index }

  teams = {
    for name, team in var.teams : name => merge(team, {
      number  = local.numbers[name]
      node    = coalesce(team.node, element(var.nodes, local.numbers[name]))
      vlan    = 100 + local.numbers[name]
      network = cidrsubnet("10.100.0.0/16", 8, local.numbers[name])
    })
  }

  # Every node gets each image once, and linked clones are made of those.
  images = {
    for pair in setproduct(var.nodes, ["desktop", "server"]) : "${pair[1]}-${pair[0]}" => {
      node = pair[0]
      name = pair[1]
    }
  }

  archive = "local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz"

  guests_by_node = {
    for team in values(local.teams) : team.node => length(team.students) + length(team.exercises) + 1...
  }
}

# During an exam every change is preceded by a snapshot, and nothing may be destroyed. Modules inherit this.
defaults "vm" {
  lifecycle {
    snapshot        = var.exam ? "always" : "auto"
    prevent_destroy = var.exam
  }
}

pool "course" {
  poolid = var.course
}

pool "team" {
  for_each = local.teams
  poolid   = "${pool.course.poolid}/${each.key}"
  comment  = join(", ", sort(each.value.students))
}

# Linked clones need a template on their own node.
vm "image" {
  for_each = local.images
  node     = each.value.node
  name     = "${var.course}-${each.key}"
  clone    = each.value.name == "desktop" ? "ubuntu-24.04" : "debian-12"
  template = true
  pool     = pool.course.poolid
  tags     = ["image", var.course]
}

module "team" {
  source   = "./modules/team"
  for_each = local.teams

  course   = var.course
  name     = each.key
  team     = each.value
  pool     = pool.team[each.key].poolid
  desktop  = vm.image["desktop-${each.value.node}"].name
  server   = vm.image["server-${each.value.node}"].name
  archive  = local.archive
  password = var.initial_password
}

# Two machines for the teachers, full clones that outlive the course.
vm "teacher" {
  count  = 2
  node   = var.nodes[count.index]
  name   = format("%s-teacher-%02d", var.course, count.index + 1)
  clone  = "ubuntu-24.04"
  full   = true
  cores  = 4
  memory = 8192
  power  = "running"
  pool   = pool.course.poolid
  tags   = ["teacher", var.course]

  cipassword = var.initial_password

  dynamic "network" {
    # One leg in every team's network.
    for_each = sort(keys(local.teams))
    iterator = team
    labels   = ["net${team.key}"]
    content {
      bridge = "vmbr0"
      tag    = local.teams[team.value].vlan
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

check "load" {
  assert {
    condition     = alltrue([for counts in values(local.guests_by_node) : sum(counts) <= 40])
    error_message = "A node has more than 40 machines: ${jsonencode({ for node, counts in local.guests_by_node : node => sum(counts) })}."
  }
}
