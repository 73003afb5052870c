"""What a dataset is on disk: log, parts, previews, blobs, and the query table made of them."""
