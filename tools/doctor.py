"""`make doctor NOTEBOOK=01`: run a notebook as you saved it, and say why its numbers differ. It writes nothing.

The .ipynb is executed from top to bottom at full scale, as in your own kernel. What differs from the committed run is
said even if every number is inside its range. helpers/doctor.py looks for the reasons.
"""

import argparse
import os
import sys
import types
from unittest import mock

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

from helpers import course, doctor
from tools import execute


def watch(texts, folder, profile="full", stop=0, arguments=()):
    """Run cells in one kernel as somebody would who looks on: no claim stops them.

    The kernel starts in `folder`, with more `arguments`, and stops after the cell in which the doctor speaks for the
    `stop`-th time; 0 runs all. Returns the notebook with outputs, and the error that ended it, or None.
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in texts])
    client = execute.client_of(notebook, folder, arguments)
    seen = {"COURSE_HEADLESS": "0", "COURSE_STRICT": "0", "COURSE_PROFILE": profile}
    with mock.patch.dict(os.environ, seen), client.setup_kernel():
        for place, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, place)
            except (CellExecutionError, DeadKernelError) as error:
                return notebook, error
            if sys.stdout.isatty():
                print(f"\rcell {place + 1} of {len(texts)}", end="", flush=True)
            if stop and len(execute.outputs_about(notebook, "doctor")) >= stop:
                break
    return notebook, None


def saved_cells(source):
    """The code cells of the .ipynb beside a .py, empty ones left out; a SystemExit says if it cannot be read."""
    path = source.with_suffix(".ipynb")
    try:
        cells = nbformat.read(path, as_version=4).cells
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise SystemExit(f"notebooks/{path.name} cannot be read: {str(error)[:80]}. Save it again.") from None
    return [cell for cell in cells if cell.cell_type == "code" and cell.source]


def differences(source):
    """What differs from the committed run before anything is executed, a sentence each."""
    with course.quiet_imports():
        import keras  # noqa: F401 - whose settings and version count, and TensorFlow's
        import tensorflow  # noqa: F401
    number, cells = source.stem[:2], saved_cells(source)
    evidence = types.SimpleNamespace(here=doctor.versions(), there=doctor.committed_run(number))
    checks = (doctor.fast_profile, doctor.keras_settings, doctor.other_versions, doctor.other_threads)
    sentences = [found[1] for check in checks if (found := check(evidence))]
    sentences += [f"{path} is not as it was committed." for path in doctor.changed_files()]
    sentences += doctor.cell_faults(doctor.page(number), [cell.source for cell in cells])
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        sentences.append("When it was saved, its cells had not all been run once and in order: restart, and run all.")
    return sentences


def examine(source):
    """Print what differs, run the saved .ipynb, and print which claims fall outside their ranges, and why."""
    print(f"{source.stem}.ipynb, as it is saved, beside the committed run:")
    for sentence in differences(source) or ["nothing differs: versions, threads, settings, helpers and cells."]:
        print(f"- {sentence}")
    print("Now it runs at full scale, which takes minutes ...", flush=True)
    notebook, error = watch([cell.source for cell in saved_cells(source)], execute.FOLDER)
    claims = execute.outputs_about(notebook, "claim")
    outside = [output for _, output in claims if not output.metadata.course.inside]
    for output in (*outside, *(output for _, output in execute.outputs_about(notebook, "doctor"))):
        print(output.data["text/plain"])
    if error:
        why = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else "the kernel died"
        print(f"It stopped in code cell {sum(bool(cell.execution_count) for cell in notebook.cells)}: {why}")
    print(f"{len(claims) - len(outside)} of {len(claims)} claims are inside their ranges.")
    if not outside and not error:
        print("All is well. If your kernel showed another number: restart it, and run all cells.")


def main():
    sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", help="its number, as 01")
    examine(execute.sources(parser.parse_args().notebook)[0])


if __name__ == "__main__":
    main()
