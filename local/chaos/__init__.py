"""``make chaos``: faults on the deployed local stack, and what becomes of every note.

A scenario drops notes, makes something fail, and asks at the end (`ledger`): is each note exactly once in the
results or in quarantine, and how long did that take? `lab` is the stack with its faults, `load` the API's clients.
"""
