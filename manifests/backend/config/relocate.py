"""Name the site's registry and file server in the seed data that came with the backend's image.

    relocate.py places.json FILE...

The platform fills its tables from these files once and never again. Those that the bundle brings
are rewritten already; in the others, each whole word that is an image or address of the bundle is
put as the site has it.
"""

import json
import re
import sys
from pathlib import Path

# A word as references and URLs are written; a sentence's full stop does not belong to it, and the
# letter of an escape such as \n neither.
WORD = re.compile(r"(?<!\\)[\w./:@%+~?&=-]*[\w/]")


def main():
    """Rewrite the files in place, and tell how much of each."""
    places = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    known = {**places["images"], **{one["url"]: one["address"] for one in places["assets"]}}
    for name in sys.argv[2:]:
        path = Path(name)
        changed, count = relocated(path.read_bytes().decode(), known)
        if count:
            path.write_bytes(changed.encode())
            sys.stdout.write(f"{name}: {count} names relocated\n")


def relocated(text, known):
    """The text with each known word replaced, and how many those are."""
    count = 0

    def replacement(found):
        nonlocal count
        target = known.get(found[0])
        if target is None:
            return found[0]
        count += 1
        return target

    return WORD.sub(replacement, text), count


if __name__ == "__main__":
    main()
