"""Files of rows, as people have them: what is in them, not what it means.

A format is a `Table` (rows.py) in a module of its own: csv_table.py, json_table.py, excel_table.py.
formats.py recognizes it by its content; to add one, write its table and enter it there.
"""
