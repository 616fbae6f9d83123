"""Who is measured, in the order of the table's columns. One file each."""

from subjects.dinit import Dinit
from subjects.floor import Floor
from subjects.musterd import Musterd
from subjects.runit import Runit
from subjects.s6 import S6
from subjects.supervisord import Supervisord

SUBJECTS = (Floor, Musterd, Supervisord, Runit, S6, Dinit)
