import sys

from model_release.command import main

sys.exit(main())
