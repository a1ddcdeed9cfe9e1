"""The portal: what a person sees and does online."""
