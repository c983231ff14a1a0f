"""Runs the script of a core/python.run task: inputs as JSON on standard input, the returned value as JSON on standard output.

What the script or its children print goes to standard error, which is the log: standard output is kept for the result alone.
"""

import ast
import json
import os
import sys
import traceback

FILE = "script"
FUNCTION = "script"


def main():
    text = sys.stdin.buffer.read()
    inputs = json.loads(text)
    script = inputs.pop("script")
    requirements = inputs.pop("requirements", None) or []
    # Set when this process runs in the virtual environment already.
    if requirements and os.environ.pop("AUTOKESTRA_PYTHON_READY", None) is None:
        from environment import run_in_environment

        run_in_environment(requirements, text, os.path.abspath(__file__))
    result = keep_stdout_for_the_result()
    # Modules are found beside the working directory, not beside this file.
    sys.path[0] = ""
    value = run_script(script, inputs)
    write_result(value, result)


def keep_stdout_for_the_result():
    result = os.dup(1)
    os.set_inheritable(result, False)
    os.dup2(2, 1)
    # Lines of the log come when they are printed.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    return result


def run_script(script, inputs):
    try:
        code = compile(as_function(script), FILE, "exec", dont_inherit=True)
    except SyntaxError as error:
        fail("".join(traceback.format_exception_only(type(error), error)))
    remember_lines(script)
    names = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        exec(code, names)
        return names[FUNCTION](inputs)
    except Exception as error:
        # Without the frames of this file.
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        lines = ["Traceback (most recent call last):\n"] if frames else []
        fail("".join(lines + traceback.format_list(frames) + traceback.format_exception_only(type(error), error)))


def as_function(script):
    """The script as the body of a function, with its own line numbers. As a tree, because indenting text changes its strings."""
    module = ast.parse(script, FILE)
    # The compiler wants these before anything else of a module.
    futures = [node for node in module.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    body = [node for node in module.body if node not in futures]
    wrapper = ast.parse("def %s(inputs):\n    pass" % FUNCTION).body[0]
    if body:
        wrapper.body = body
    module.body = futures + [wrapper]
    return ast.fix_missing_locations(module)


def remember_lines(script):
    """Lets tracebacks show lines of the script."""
    import linecache

    linecache.cache[FILE] = (len(script), None, [line + "\n" for line in script.split("\n")], FILE)


def write_result(value, result):
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        fail("the script returned a value that is not JSON: %s" % error)
    sys.stdout.flush()
    while text:
        text = text[os.write(result, text):]


def fail(message):
    sys.stdout.flush()
    sys.stderr.write(message.rstrip("\n") + "\n")
    sys.stderr.flush()
    sys.exit(1)


if __name__ == "__main__":
    main()
