"""How long files and functions are: beyond the hard cap is wrong, beyond the soft one worth a look."""
import tree

FILE_SOFT, FILE_HARD = 600, 900
FUNCTION_SOFT, FUNCTION_HARD = 50, 120


def functions(lines):
    """(name, first line, length) of each; our style puts their braces into the first column."""
    start = None
    for n, line in enumerate(lines):
        if line == "{":
            start = n
        elif line.startswith("}") and start is not None:
            head = start - 1
            while head > 0 and lines[head].startswith(("\t", " ")):
                head -= 1
            if "(" in lines[head]:
                yield lines[head].split("(")[0].split()[-1], head + 1, n - start + 1
            start = None


lengths, sizes = [], []
for name in tree.files(".c", ".h"):
    lines = tree.text(name).splitlines()
    sizes.append(len(lines))
    if len(lines) > FILE_HARD:
        tree.report(name, 1, f"{len(lines)} lines (at most {FILE_HARD})")
    elif len(lines) > FILE_SOFT:
        tree.info(name, 1, f"{len(lines)} lines")
    for function, first, length in functions(lines):
        lengths.append(length)
        if length > FUNCTION_HARD:
            tree.report(name, first, f"{function} has {length} lines (at most {FUNCTION_HARD})")
        elif length > FUNCTION_SOFT:
            tree.info(name, first, f"{function} has {length} lines")
for what, values in (("file", sizes), ("function", lengths)):
    values.sort()
    if values:
        print(f"info: {len(values)} {what}s, lines: median {values[len(values) // 2]}, "
              f"nine tenths up to {values[len(values) * 9 // 10]}, most {values[-1]}")
tree.done()
