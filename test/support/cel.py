"""What CEL says of expressions. Reads {"asked": [{"expression", "variables"}]} from stdin; writes for each a truth, or the error as text."""

import json
import sys

import celpy

environment = celpy.Environment()


def answer(asked):
    try:
        program = environment.program(environment.compile(asked["expression"]))
        variables = {name: celpy.json_to_cel(value) for name, value in asked["variables"].items()}
        return bool(program.evaluate(variables))
    except (celpy.CELParseError, celpy.CELEvalError) as error:
        return f"{type(error).__name__}: {error}"


json.dump([answer(each) for each in json.load(sys.stdin)["asked"]], sys.stdout)
