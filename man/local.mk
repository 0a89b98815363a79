dist_man_MANS += man/yongsh.1 man/yongd.8 man/yongdp.8 man/yongcap.8 man/yongike.8 man/yongdao.7

# Made from the grammar, by the program that is built from it.
man_MANS += man/yongdao-commands.7
CLEANFILES += man/yongdao-commands.7
man/yongdao-commands.7: cliref$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && ./cliref$(EXEEXT) >$@.tmp && mv $@.tmp $@
