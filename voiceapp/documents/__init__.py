"""Reads documents that the person attaches or allows: today the words of PDF files.

May import: core, ports, own_process. The library (pypdf, an extra) works in a process of its own: a document is a
stranger's, and a hostile one must cost neither the program's memory nor its time. Nothing here is imported before a
PDF is read.
"""
