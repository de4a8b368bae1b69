"""The first thing that Python runs in the self-contained cube-install."""

from cube_install.cli.main import main

main()
