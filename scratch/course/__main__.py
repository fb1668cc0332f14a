"""`python -m scratch.course`: says which Python is needed, in words that any Python can read."""

import sys

if sys.version_info < (3, 11):
    version = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        "This course needs Python 3.11 or newer, and this is Python " + version + ".\n"
        "Install one (python.org), then name it: `python3.12 -m scratch.course lab`, or\n"
        "`make lab PYTHON=python3.12`; on Windows `py -3.12 -m scratch.course lab`."
    )

from scratch.course.cli import main

if __name__ == "__main__":
    sys.exit(main())
