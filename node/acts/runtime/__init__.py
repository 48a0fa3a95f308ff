"""What every act works with: the node as it runs, its peers, its chains and copies, its worker processes."""
