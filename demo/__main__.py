"""The demo: one bundle, two registries, a cluster, and all commands as a person types them."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from demo.cluster import DemoCluster, running_cluster
from demo.deploying import Platform, write_site
from demo.images import write_images
from demo.registry import DemoRegistry, answers, free_address, running_registry
from demo.terminal import UnexpectedEndError, check_exit, find_our_commands, run, say, start, title

WORK = Path(".demo")
BUNDLE = WORK / "demo.tar.zst"
LIST = Path("demo/demo-images.yaml")
STACK = Path("demo/stack")
SITE = WORK / "site.yaml"
NAMES = {
    "backend": "cube/backend:1.0",
    "notebook": "cube/notebook:gpu",
    "training": "cube/training:gpu",
    "mysql": "infra/mysql:8.0",
}
PROJECT = "cube-studio"
INTERRUPTED, DAMAGED = 130, 6
SOME_FRAMES = 2  # of 4 MiB each
NEXT = {
    ". .venv/bin/activate": "have cube-bundle on your PATH",
    f"cube-bundle inspect --output json {BUNDLE}": "the same for machines",
    f"cube-bundle extract {BUNDLE} DIR": "unpack, every digest checked",
    "cube-bundle lists": "the platform's own image lists",
    "cube-bundle build busybox:1.36 -o busybox.tar.zst": "an image from a real registry",
    "cube-bundle build --help": "mirrors, credentials, platforms, volumes, ...",
    "cube-install --help": "into your Harbor, and onto your cluster",
}


def main() -> int:
    """Run every part in order; 0 when each did what it should."""
    find_our_commands()
    shutil.rmtree(WORK, ignore_errors=True)
    try:
        with ExitStack() as stack:
            outside = stack.enter_context(running_registry(WORK / "registry-outside"))
            inside = stack.enter_context(running_registry(WORK / "registry-inside"))
            fill(outside)
            build(outside)
            look()
            damage()
            serve()
            push(inside)
            unpack()
            deploy(inside, stack.enter_context(running_cluster(WORK / "cluster", inside.host)))
    except UnexpectedEndError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was made is below .demo/", file=sys.stderr)
        return INTERRUPTED
    say_what_next()
    return 0


def fill(registry: DemoRegistry) -> None:
    """Make the images and push them."""
    title("A registry with internet, and four images that share layers")
    write_images(WORK / "images")
    for name, path in NAMES.items():
        command = ["skopeo", "copy", "--quiet", "--all"]
        target = f"docker://{registry.host}/{path}"
        run(*command, "--dest-tls-verify=false", f"oci:{WORK}/images:{name}", target)


def build(registry: DemoRegistry) -> None:
    """Build the bundle, interrupted once."""
    title("Build the bundle - and lose the connection in the middle")
    say(
        """The list names images of demo.example, a host that does not exist; the registry stands in
        for it as a mirror. After some megabytes it goes silent, and someone presses Ctrl-C."""
    )
    command = [
        *("cube-bundle", "build", "--list", str(LIST), "--checkout", str(STACK)),
        *("--platform", "linux/amd64", "--platform", "linux/arm64"),
        *("--mirror", f"demo.example={registry.host}", "--insecure", registry.host),
        *("-o", str(BUNDLE)),
    ]
    interrupt(start(*command), registry)
    title("The same command again goes on where it stopped")
    run(*command)


def interrupt(building: subprocess.Popen[bytes], registry: DemoRegistry) -> None:
    """Silence the registry once something is written, then do as Ctrl-C does."""
    journal = BUNDLE.with_name(f"{BUNDLE.name}.part.journal")
    while building.poll() is None and not has_finished_frames(journal):
        time.sleep(0.002)
    registry.pause()
    building.send_signal(signal.SIGINT)
    try:
        if check_exit(building, "cube-bundle", {INTERRUPTED, 0}) == 0:
            say("This machine was faster than the fingers: the bundle is done already.")
    finally:
        registry.go_on()


def has_finished_frames(journal: Path) -> bool:
    """Whether the journal tells that something is written for good."""
    return journal.exists() and journal.read_bytes().count(b"\nstored ") >= SOME_FRAMES


def look() -> None:
    """Verify and inspect the bundle."""
    title("Verify every byte, then look at what is in it")
    run("cube-bundle", "verify", str(BUNDLE))
    run("cube-bundle", "inspect", str(BUNDLE))


def damage() -> None:
    """Show what becomes of a bundle that is damaged on its way."""
    title("One bit flips on the way")
    damaged = WORK / "damaged.tar.zst"
    shutil.copyfile(BUNDLE, damaged)
    with damaged.open("r+b") as file:
        file.seek(damaged.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    run("cube-bundle", "verify", str(damaged), expect=DAMAGED)
    damaged.unlink()


def serve() -> None:
    """Let skopeo pull an image from the bundle itself."""
    title("Inside: the bundle is a registry")
    host = free_address()
    serving = start("cube-install", "serve", "--bundle", str(BUNDLE), "--listen", host)
    try:
        if not answers(host, serving):
            raise UnexpectedEndError("cube-install does not serve")
        source = f"docker://{host}/{PROJECT}/demo.example/{NAMES['notebook']}"
        pull = ["skopeo", "copy", "--quiet", "--src-tls-verify=false"]
        run(*pull, source, f"oci:{WORK}/pulled:notebook")
    finally:
        serving.send_signal(signal.SIGINT)
        serving.wait()


def push(registry: DemoRegistry) -> None:
    """Push the bundle to a registry that has never seen it, twice, and compare the digests."""
    title("Inside: into a registry, each layer once")
    command = [
        *("cube-install", "push", "--bundle", str(BUNDLE), "--to", f"{registry.host}/{PROJECT}"),
        *("--insecure", registry.host, "--relocation-out", str(WORK / "relocation.yaml")),
    ]
    run(*command)
    title("The same again sends nothing")
    run(*command)
    title("Every digest is the same as at the origin")
    compare(registry)


def compare(registry: DemoRegistry) -> None:
    """Compare what the inside registry serves with what the images were made as."""
    made = json.loads((WORK / "images/index.json").read_text())["manifests"]
    for entry in made:
        path = NAMES[entry["annotations"]["org.opencontainers.image.ref.name"]]
        served = digest_of(f"{registry.host}/{PROJECT}/demo.example/{path}")
        if served != entry["digest"]:
            raise UnexpectedEndError(f"{path} is {served} inside, and {entry['digest']} outside")
        print(f"{path:20} {served}")


def unpack() -> None:
    """Read the bundle with programs that know nothing of it."""
    title("Without us: an ordinary .tar.zst, and unpacked an ordinary OCI image layout")
    unpacked = WORK / "unpacked"
    unpacked.mkdir()
    run("tar", "--zstd", "-xf", str(BUNDLE), "-C", str(unpacked))
    layout = f"oci:{unpacked}:demo.example/{NAMES['backend']}"
    run("skopeo", "inspect", "--format", "{{.Digest}}", layout)


def deploy(registry: DemoRegistry, cluster: DemoCluster) -> None:
    """Bring a platform up from the bundle, change it, let it fail, and take it off."""
    write_site(SITE, registry.host, PROJECT, cluster)
    tag = registry.tag_directory(f"{PROJECT}/demo.example/cube/backend", "1.0")
    platform = Platform(BUNDLE, SITE, tag)
    platform.bring_up()
    platform.change()
    platform.take_off()


def digest_of(reference: str) -> str:
    """The digest that a registry gives for a reference."""
    command = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{reference}"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def say_what_next() -> None:
    """Tell what to try now."""
    title("What to try next")
    for command, meaning in NEXT.items():
        print(f"{command:54}{meaning}")
    print(f"\nAll that was made is below {WORK}/; the registries and the cluster are stopped.")


if __name__ == "__main__":
    sys.exit(main())
