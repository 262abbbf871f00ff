"""Runs a command in a pseudo-terminal: terminal.py STEPS COMMAND...

STEPS is JSON: [[wait for this text, then type this, and this a moment later], ...]. Prints JSON: what the terminal showed, the exit code, and
whether the terminal echoes again afterwards. Everything ends after 20 seconds.
"""

import fcntl, json, os, pty, select, signal, struct, sys, termios, time

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))

child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(theirs, number)
    os.execvp(command[0], command)

MOMENT = 0.04  # seconds between two pieces of one step

shown, typing, status, held = b"", [], None, 0
end = time.monotonic() + 20
while time.monotonic() < end:
    ready = typing and time.monotonic() >= held
    readable, writable, _ = select.select([ours], [ours] if ready else [], [], 0.01)
    if readable:
        shown += os.read(ours, 65536)
    if writable:
        # Piece by piece, as a paste arrives.
        piece = typing.pop(0)
        if piece:
            os.write(ours, piece)
        else:
            held = time.monotonic() + MOMENT
    if steps and steps[0][0].encode() in shown:
        for number, text in enumerate(steps.pop(0)[1:]):
            text = text.encode()
            typing += [b""] * (number > 0) + [text[i : i + 512] for i in range(0, len(text), 512)]
    if status is None:
        pid, code = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if pid else None
    elif not readable:
        break

if status is None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
echo = bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
print(json.dumps({"shown": shown.decode("utf-8", "replace"), "status": status, "echo": echo}))
