"""The store on real files: killed, damaged, full, forbidden."""
