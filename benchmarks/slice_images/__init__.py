"""MRI slices as PNG images with COCO annotations: an exporter, and heads drawn around the brain."""
