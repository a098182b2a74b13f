"""Production. `local.py` and `test.py` are the exceptions; each other file is one concern."""

from config.settings.admin import *
from config.settings.api import *
from config.settings.apps import *
from config.settings.background import *
from config.settings.data import *
from config.settings.digest import *
from config.settings.egress import *
from config.settings.feedback import *
from config.settings.limits import *
from config.settings.logs import *
from config.settings.mail import *
from config.settings.metrics import *
from config.settings.security import *
from config.settings.sign_in import *
from config.settings.storage import *
