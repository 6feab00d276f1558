# What happened since last term. These blocks may stay: what is done already is not done again.

# The teachers' machines were single blocks once.
moved {
  from = vm.teacher_a
  to   = vm.teacher[0]
}

moved {
  from = vm.teacher_b
  to   = vm.teacher[1]
}

# Last year's team "teal" became "blue".
moved {
  from = module.team["teal"]
  to   = module.team["blue"]
}

# The file share was made by hand in the web interface, and is managed from here now.
import {
  to = container.share
  id = "lab1/400"
}

container "share" {
  node     = "lab1"
  hostname = "share"
  memory   = 1024
  tags     = ["share", var.course]

  mount_point "mp0" {
    storage = "local-lvm"
    size    = "64G"
    mp      = "/srv/share"
  }

  lifecycle {
    on_destroy = "retain"
  }
}

# The scoreboard belongs to another course now: forgotten here, left as it is there.
removed {
  from = container.scoreboard

  lifecycle {
    destroy = false
  }
}
