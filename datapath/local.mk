# datapath
