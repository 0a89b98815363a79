#ifndef YD_TESTS_UNIT_SHELL_DISPLAY_TEST_H
#define YD_TESTS_UNIT_SHELL_DISPLAY_TEST_H

/* Every display there is a golden file for; ends with NULL. */
extern const char *const display_test_commands[];

#endif
