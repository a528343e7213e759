/* SPDX-License-Identifier: BSD-3-Clause */
/* PNGs with something wrong in them. Each is drawn for the link that its code should say, and freed
 * by the caller. Test code; trouble fails the running test. */
#ifndef IDQ_TESTS_PNG_FAULTS_H
#define IDQ_TESTS_PNG_FAULTS_H

#include <stddef.h>

unsigned char *png_blank(const char *link, size_t *ret_size);     /* all white */
unsigned char *png_two_codes(const char *link, size_t *ret_size); /* the same one twice */
unsigned char *png_cut(const char *link, size_t *ret_size);       /* half of the file */
unsigned char *png_wrong_checksum(const char *link, size_t *ret_size);
unsigned char *png_huge_dimensions(const char *link, size_t *ret_size); /* a few bytes */
unsigned char *png_just_too_large(const char *link, size_t *ret_size);  /* by one pixel */
unsigned char *png_bomb(const char *link, size_t *ret_size);      /* as large as is looked at */
unsigned char *png_text_bomb(const char *link, size_t *ret_size); /* right, with much text in it */

#endif
