import json
import statistics
import sys

# The inputs come as JSON on stdin, the result goes as JSON to stdout, logs go to stderr.
numbers = json.load(sys.stdin)["numbers"]
print(f"describing {len(numbers)} numbers", file=sys.stderr)
json.dump(
    {
        "mean": statistics.fmean(numbers),
        "median": statistics.median(numbers),
        "stdev": statistics.pstdev(numbers),
    },
    sys.stdout,
)
