"""Runs one command and prints, as JSON, its exit status, wall seconds and peak resident memory.

    python -I -S measure.py STDERR_FILE COMMAND...

A process of its own, and a small one: Linux counts the memory of the process that starts a command as the command's
own peak until it has begun, so a benchmark with large libraries loaded would measure itself.
"""
import json
import os
import sys
import time


def main():
    errors, command = sys.argv[1], sys.argv[2:]
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
               (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    print(json.dumps({"status": os.waitstatus_to_exitcode(status), "seconds": seconds,
                      "processor_seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
