"""Documents of record as printable pages, and the files of a case, for persons and staff alike."""
