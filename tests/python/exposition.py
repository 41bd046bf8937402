"""Reads an exposition with Python's own parser and prints what it has understood, as JSON.

The first argument names the parser's module, the input is the page. Each family is its name, type, help,
unit and samples; each sample its name, labels, value and exemplar, which is null or labels, value and time.
Numbers are texts, as JSON has neither NaN nor infinities.
"""

import importlib
import json
import sys


def exemplar(of):
    return of and [of.labels, repr(float(of.value)), float(of.timestamp)]


def main():
    parser = importlib.import_module(sys.argv[1])
    page = sys.stdin.buffer.read().decode()
    families = [
        [family.name, family.type, family.documentation, family.unit,
         [[sample.name, dict(sample.labels), repr(float(sample.value)), exemplar(sample.exemplar)]
          for sample in family.samples]]
        for family in parser.text_string_to_metric_families(page)
    ]
    json.dump(families, sys.stdout)


main()
