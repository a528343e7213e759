/* The signature of the QR backend's answers, against RFC 4231 and against everything it refuses. */
#include "pam_idinqr/agent/signature.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/stack_residue.h"

#include <string.h>

/* RFC 4231, test case 2. */
#define KEY  "Jefe"
#define BODY "what do ya want for nothing?"
#define MAC  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

/* Counts the comparisons in constant time: any other one would tell how much of a forged signature
 * is right. */
static unsigned n_compared;

int __real_secret_equal_bytes(const void *a, const void *b, size_t size);
int __wrap_secret_equal_bytes(const void *a, const void *b, size_t size);

int
__wrap_secret_equal_bytes(const void *a, const void *b, size_t size)
{
    n_compared += size == strlen(MAC) / 2;
    return __real_secret_equal_bytes(a, b, size);
}

static int
check(const char *body, const char *header, int count)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signature_read_key(KEY, "text", &key), 0);
    return signature_check(key, body, strlen(body), header, count);
}

START_TEST(right_in_either_case)
{
    ck_assert_int_eq(check(BODY, MAC, 1), 0);
    ck_assert_int_eq(
        check(BODY, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843", 1), 0);
}
END_TEST

START_TEST(another_body_or_key_is_refused)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(check(BODY " ", MAC, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check("", MAC, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(signature_read_key("Jeff", "text", &key), 0);
    ck_assert_int_eq(signature_check(key, BODY, strlen(BODY), MAC, 1), IDQ_SIGNATURE);
}
END_TEST

START_TEST(every_digit_counts)
{
    for (size_t i = 0; i < strlen(MAC); i++) {
        char header[] = MAC;
        header[i] = header[i] == '0' ? '1' : '0';
        ck_assert_int_eq(check(BODY, header, 1), IDQ_SIGNATURE);
        ck_assert_uint_eq(n_compared, i + 1);
    }
}
END_TEST

START_TEST(missing_repeated_or_malformed_is_refused)
{
    char almost[] = MAC;

    ck_assert_int_eq(check(BODY, "", 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC, 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC, 2), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, "", 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC "0", 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, " " MAC, 1), IDQ_SIGNATURE);
    almost[strlen(MAC) - 1] = 'g';
    ck_assert_int_eq(check(BODY, almost, 1), IDQ_SIGNATURE);
    almost[strlen(MAC) - 1] = '\0';
    ck_assert_int_eq(check(BODY, almost, 1), IDQ_SIGNATURE);
}
END_TEST

struct forged {
    struct secret *key;
    int result;
};

static void
check_forged(void *argument)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct forged *forged = argument;

    forged->result = signature_check(forged->key, BODY, strlen(BODY), zeros, 1);
}

START_TEST(the_right_signature_does_not_stay)
{
    static const unsigned char parts[][8] = {{0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e},
                                             {0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7},
                                             {0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83},
                                             {0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43}};
    SECRET_AUTO *key = NULL;
    struct forged forged = {0};

    ck_assert_int_eq(signature_read_key(KEY, "text", &key), 0);
    forged.key = key;
    stack_residue_run(check_forged, &forged);
    ck_assert_int_eq(forged.result, IDQ_SIGNATURE);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(stack_residue_count(parts[i], sizeof parts[i]) == 0, "part %zu", i);
}
END_TEST

START_TEST(key_in_hexadecimal)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signature_read_key("4a656Fff00", "hex", &key), 0);
    ck_assert_uint_eq(secret_size(key), 5);
    ck_assert_mem_eq(secret_bytes(key), "Jeo\xFF\0", 5);
}
END_TEST

START_TEST(key_as_text_is_never_decoded)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signature_read_key("4a65", "text", &key), 0);
    ck_assert_uint_eq(secret_size(key), 4);
    ck_assert_mem_eq(secret_bytes(key), "4a65", 4);
}
END_TEST

START_TEST(unusable_keys)
{
    struct secret *key = NULL;

    ck_assert_int_eq(signature_read_key("", "text", &key), IDQ_CONFIG);
    ck_assert_int_eq(signature_read_key("", "hex", &key), IDQ_CONFIG);
    ck_assert_int_eq(signature_read_key("4a6", "hex", &key), IDQ_CONFIG);
    ck_assert_int_eq(signature_read_key("4a6x", "hex", &key), IDQ_CONFIG);
    ck_assert_int_eq(signature_read_key("4a65", "base64", &key), IDQ_CONFIG);
    ck_assert_int_eq(signature_read_key("4a65", "", &key), IDQ_CONFIG);
    ck_assert_ptr_null(key);
}
END_TEST

static Suite *
signature_suite(void)
{
    Suite *suite = suite_create("signature");
    TCase *header = tcase_create("header"), *key = tcase_create("key");

    tcase_add_test(header, right_in_either_case);
    tcase_add_test(header, another_body_or_key_is_refused);
    tcase_add_test(header, every_digit_counts);
    tcase_add_test(header, missing_repeated_or_malformed_is_refused);
    if (stack_residue_why_not())
        runner_skip("header:the_right_signature_does_not_stay", stack_residue_why_not());
    else
        tcase_add_test(header, the_right_signature_does_not_stay);
    suite_add_tcase(suite, header);
    tcase_add_test(key, key_in_hexadecimal);
    tcase_add_test(key, key_as_text_is_never_decoded);
    tcase_add_test(key, unusable_keys);
    suite_add_tcase(suite, key);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "signature", signature_suite, NULL);
}
