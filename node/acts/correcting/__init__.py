"""What follows a disclosure: corrections go wherever it went; who is not that person is kept apart from its record; the
owner is asked before it is passed on; a person who asks is told what is known of him.
"""
