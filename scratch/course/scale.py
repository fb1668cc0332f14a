"""What the commands that need Apache Spark find ready: Java, and Spark beside the course."""

import os

from scratch.course import extras
from scratch.course.install import SetupError
from scratch.scale.cluster import ClusterError, find_java


def ready() -> str:
    """Install Spark, unless it is there; returns the PYTHONPATH that finds it.

    Raises SetupError, before anything is fetched, where there is no Java that can run it.
    """
    try:
        find_java()
    except ClusterError as error:
        raise SetupError(str(error)) from None
    extras.fetch(extras.SCALE)
    return os.pathsep.join(filter(None, [str(extras.SCALE.folder), os.environ.get("PYTHONPATH")]))
