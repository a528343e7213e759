/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts the elements of an array at compile time. */
#ifndef IDQ_COMMON_ARRAY_H
#define IDQ_COMMON_ARRAY_H

/* `array` must be an array: the result is wrong for a pointer, and -Wsizeof-pointer-div says so. */
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(array)[0])

#endif
