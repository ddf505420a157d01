"""What a publisher has to state in case.yaml before a report may go out."""

STATED = """
publish:
  version: 1
  date: 2026-11-01
  publisher: Example Desk
  contact: desk@example.org
  ai_use: none
  harm_review: {by: Ana, date: 2026-11-01, outcome: publish, withheld: nothing}
"""
