/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the steps of a login, in this order, for measurements. A step may be skipped. */
#ifndef IDQ_LOGIN_LOGIN_STEP_H
#define IDQ_LOGIN_LOGIN_STEP_H

enum login_step {
    LOGIN_AGENT_STARTED,
    LOGIN_CODE_SHOWN,
    LOGIN_SCANNED,
    LOGIN_VERIFIED,
    LOGIN_STEPS,
};

#endif
