/**
 * Two states of a workspace on the simulated home cluster. Going from the first to the second takes every kind of step and every kind of
 * reversal there is.
 */
const RUNS_ALREADY = `
import {
  to = vm.moved
  id = "pve3/106"
}
vm "moved" {
  node = "NODE"
  memory = 16384
}
import {
  to = vm.grown
  id = "pve3/107"
}
vm "grown" {
  node = "pve3"
  POWER
  disk "scsi0" {
    size = "SIZE"
  }
}
import {
  to = vm.quiet
  id = "pve1/101"
}
vm "quiet" {
  node = "pve1"
  onboot = true
}
`

const GOING = `
import {
  to = vm.backed_up
  id = "pve2/105"
}
vm "backed_up" {
  node = "pve2"
  cores = 2
}
import {
  to = vm.gone
  id = "pve3/108"
}
vm "gone" {
  node = "pve3"
  cores = 4
  lifecycle {
    on_destroy = "delete"
  }
}
import {
  to = vm.retained
  id = "pve1/100"
}
vm "retained" {
  node = "pve1"
  cores = 2
  lifecycle {
    on_destroy = "retain"
  }
}
import {
  to = container.forgotten
  id = "pve3/203"
}
container "forgotten" {
  node = "pve3"
  memory = 256
}
pool "old" {
  comment = "goes"
}
`

const MADE_BEFORE = `
pool "lab" {
  comment = "COMMENT"
}
vm "disks" {
  node = "pve1"
  pool = "lab"
  cores = CORES
  cipassword = var.password
  disk "scsi0" {
    storage = "STORAGE"
    size = "4G"
  }
  SECOND_DISK
}
vm "stone" {
  node = "pve1"
  clone = "debian-12"
  template = IS_TEMPLATE
}
container "replaced" {
  node = "pve1"
  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  unprivileged = UNPRIVILEGED
  power = "running"
  rootfs = { storage = "local-lvm", size = "2G" }
}
`

const ONLY_AFTER = `
import {
  to = container.bound
  id = "pve2/202"
}
container "bound" {
  node = "pve2"
  hostname = "wiki"
}
removed {
  from = container.forgotten
  lifecycle {
    destroy = false
  }
}
vm "created" {
  node = "pve2"
  clone = "ubuntu-24.04"
  power = "running"
  cipassword = var.password
}
output "who" {
  value = vm.created.name
}
output "password" {
  value = var.password
  sensitive = true
}
`

const VARIABLE = 'variable "password" {\n  type = string\n  sensitive = true\n}\n'

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce((filled, [word, value]) => filled.replaceAll(word, value), text)

export const BEFORE = fill([VARIABLE, RUNS_ALREADY, GOING, MADE_BEFORE].join('\n'), {
  NODE: 'pve3',
  POWER: '',
  SIZE: '50G',
  COMMENT: 'before',
  CORES: '1',
  STORAGE: 'local-lvm',
  SECOND_DISK: 'disk "scsi1" {\n    storage = "local-lvm"\n    size = "1G"\n  }',
  IS_TEMPLATE: 'false',
  UNPRIVILEGED: 'true',
})

export const AFTER = fill([VARIABLE, RUNS_ALREADY, MADE_BEFORE, ONLY_AFTER].join('\n'), {
  NODE: 'pve1',
  POWER: 'power = "running"',
  SIZE: '60G',
  COMMENT: 'after',
  CORES: '2',
  STORAGE: 'tank',
  SECOND_DISK: 'disk "scsi2" {\n    storage = "local-lvm"\n    size = "1G"\n  }',
  IS_TEMPLATE: 'true',
  UNPRIVILEGED: 'false',
})
