#ifndef DRYDOCK_CLINUX_SUPERVISE_H
#define DRYDOCK_CLINUX_SUPERVISE_H

/// prctl(PR_SET_CHILD_SUBREAPER): orphans below this process become its children, as those of PID 1 do.
int clinux_adopt_orphans(void);

#endif
