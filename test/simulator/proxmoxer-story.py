"""Uses a Proxmox VE server through proxmoxer, as its documentation shows: by password and by token, a VM and a container.

usage: proxmoxer-story.py HOST PORT PASSWORD TOKEN_ID TOKEN_SECRET
Prints one line for each thing done; ends with 1 at the first that is not as it should be.
"""

import sys
import time

from proxmoxer import ProxmoxAPI
from proxmoxer.core import AuthenticationError, ResourceException

host, port, password, token_id, secret = sys.argv[1:]
connection = dict(port=int(port), verify_ssl=False, timeout=30)


def check(what, condition):
    print(("ok " if condition else "NOT ") + what, flush=True)
    if not condition:
        sys.exit(1)


def wait(api, upid, wanted="OK"):
    node = upid.split(":")[1]
    for _ in range(600):
        status = api.nodes(node).tasks(upid).status.get()
        if status["status"] == "stopped":
            check(f"{status['type']} {status['id']} ended {status['exitstatus']}", status["exitstatus"] == wanted)
            return status
        time.sleep(0.02)
    check(f"{upid} ended", False)


def vm_story(api, node, other):
    vms = api.nodes(node).qemu
    vmid = int(api.cluster.nextid.get())
    wait(api, vms.create(vmid=vmid, name="pyvm", memory=512, cores=1, scsihw="virtio-scsi-single",
                         scsi0="local-lvm:1", net0="virtio,bridge=vmbr0", agent="enabled=1"))
    vm = vms(vmid)
    check("config has what was asked for", vm.config.get()["name"] == "pyvm")
    vm.config.put(cores=2, memory=1024, description="by proxmoxer", tags="py;test")
    config = vm.config.get()
    check("config was changed", config["cores"] == 2 and config["memory"] == "1024" and config["tags"] == "py;test")
    wait(api, vm.snapshot.post(snapname="before", description="first"))
    vm.config.put(cores=4)
    wait(api, vm.snapshot("before").rollback.post())
    check("rollback brought the cores back", vm.config.get()["cores"] == 2)
    check("snapshots are listed", {"before", "current"} == {each["name"] for each in vm.snapshot.get()})
    wait(api, vm.snapshot("before").delete())
    resized = vm.resize.put(disk="scsi0", size="+1G")
    wait(api, resized)
    check("the disk has grown", "size=2G" in vm.config.get()["scsi0"])
    clone = int(api.cluster.nextid.get())
    wait(api, vm.clone.post(newid=clone, name="pyclone", full=1))
    check("the clone is there", api.nodes(node).qemu(clone).config.get()["name"] == "pyclone")
    wait(api, vm.status.start.post())
    check("the VM runs", vm.status.current.get()["status"] == "running")
    wait(api, vm.status.stop.post())
    check("the VM is stopped", vm.status.current.get()["status"] == "stopped")
    wait(api, vm.migrate.post(target=other))
    moved = api.nodes(other).qemu(vmid)
    check("the VM is on the other node", moved.status.current.get()["vmid"] == vmid)
    wait(api, moved.delete())
    wait(api, api.nodes(node).qemu(clone).delete(purge=1))
    return vmid


def container_story(api, node, other):
    vmid = int(api.cluster.nextid.get())
    cts = api.nodes(node).lxc
    templates = [each["volid"] for each in api.nodes(node).storage("local").content.get(content="vztmpl")]
    wait(api, cts.create(vmid=vmid, ostemplate=templates[0], hostname="pyct", memory=256, rootfs="local-lvm:2",
                         net0="name=eth0,bridge=vmbr0,ip=dhcp", unprivileged=1))
    ct = cts(vmid)
    ct.config.put(cores=1, memory=512, description="by proxmoxer")
    check("the container was configured", ct.config.get()["memory"] == 512)
    wait(api, ct.snapshot.post(snapname="before"))
    ct.config.put(memory=1024)
    wait(api, ct.snapshot("before").rollback.post())
    check("rollback brought the memory back", ct.config.get()["memory"] == 512)
    wait(api, ct.snapshot("before").delete())
    wait(api, ct.resize.put(disk="rootfs", size="3G"))
    check("the root disk has grown", "size=3G" in ct.config.get()["rootfs"])
    clone = int(api.cluster.nextid.get())
    wait(api, ct.clone.post(newid=clone, hostname="pyctclone", full=1))
    wait(api, ct.status.start.post())
    check("the container runs", ct.status.current.get()["status"] == "running")
    wait(api, ct.status.stop.post())
    wait(api, ct.migrate.post(target=other))
    check("the container is on the other node", api.nodes(other).lxc(vmid).config.get()["hostname"] == "pyct")
    wait(api, api.nodes(other).lxc(vmid).delete())
    wait(api, cts(clone).delete())


try:
    ProxmoxAPI(host, user="root@pam", password="wrong", **connection)
    check("a wrong password is refused", False)
except AuthenticationError:
    check("a wrong password is refused", True)

by_password = ProxmoxAPI(host, user="root@pam", password=password, **connection)
user, name = token_id.split("!")
by_token = ProxmoxAPI(host, user=user, token_name=name, token_value=secret, **connection)
check("both see the same version", by_password.version.get() == by_token.version.get())
nodes = sorted(each["node"] for each in by_token.nodes.get())
check("there are two nodes at least", len(nodes) >= 2)
try:
    by_token.nodes(nodes[0]).qemu(99999).config.get()
    check("a VM that does not exist is an error", False)
except ResourceException as error:
    check("a VM that does not exist is an error", error.status_code == 500 and "does not exist" in str(error))
gone = vm_story(by_password, nodes[0], nodes[1])
container_story(by_token, nodes[0], nodes[1])
check("the VM is gone", gone not in [each["vmid"] for each in by_token.cluster.resources.get(type="vm")])
tasks = by_token.nodes(nodes[0]).tasks.get(typefilter="qmcreate", limit=1)
check("the task list names the creation", tasks[0]["type"] == "qmcreate" and tasks[0]["status"] == "OK")
log = by_token.nodes(nodes[0]).tasks(tasks[0]["upid"]).log.get()
check("the task has a log", log[-1]["t"] == "TASK OK")
print("done")
