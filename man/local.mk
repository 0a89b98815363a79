dist_man_MANS += man/yongsh.1 man/yongd.8 man/yongdp.8 man/yongcap.8 man/yongdao.7
