"""Print what changed in a case: python examples/list_structures.py CASE"""

import sys

from sitewatch.case import Case

case = Case.open(sys.argv[1])
measurements = case.measurements()
for structure in case.structures().changed:
    area = measurements.of(structure.id, "area")
    size = area.value if area and area.value else "size cannot be told"
    print(f"{structure.label}: {structure.class_}, {structure.happened}, {size}")
