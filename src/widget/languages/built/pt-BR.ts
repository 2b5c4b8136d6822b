
    // Do not modify this file by hand!
    // Re-generate this file by running lit-localize

    
    import {str} from '@lit/localize';

    /* eslint-disable no-irregular-whitespace */
    /* eslint-disable @typescript-eslint/no-explicit-any */

    export const templates = {
      's0169c86fa1e2b63e': `Parte do processador`,
's090fd321ebf3c14e': `A pergunta vem em janela própria porque seu navegador não sabe dizer se o site cobriu a caixa.`,
's18bb00260645d566': `Perguntar em uma janela`,
's275772c501fb3b2e': `Agora não`,
's2ba1dfc936c8d79a': `Não foi possível carregar o necessário, então nada foi iniciado. Verifique sua conexão e clique em Contribuir de novo.`,
's3e07827b85a6779a': `Contribuir`,
's456b3522011ee547': `Desligado em celulares: contribuir gastaria a bateria.`,
's483c89a18115d21c': `Contribuir na nossa página`,
's4c3a36928b2c30e9': `O que roda, em detalhe`,
's517352ba5f02efc4': `Responda na janela que foi aberta.`,
's5e763221f979573f': str`Empreste parte do seu processador (sem WebGPU aqui) enquanto está em ${0}. Ele multiplica números para outros e não lê arquivos. Outros nós veem seu endereço de rede. O crédito é só seu, o site não recebe nada. Termina quando você parar ou sair.`,
's683799dfacb9679b': `Nada a confirmar`,
's7dd089e7f8cfc7bf': str`Empreste no máximo ${0} do seu dispositivo enquanto está em ${1}. Ele multiplica números para outros e não lê arquivos. Outros nós veem seu endereço de rede. O crédito é só seu. Termina quando você parar ou sair daquela página.`,
's88c243cd909b9459': `Seu navegador não sabe dizer se você viu toda esta caixa e não deixou abrir uma janela para perguntar, então nada foi iniciado. Você pode contribuir na nossa página: o link está abaixo.`,
's8ca8d7a2568c2355': `Nenhuma caixa espera uma resposta desta janela, então nada foi iniciado.`,
's9538bea65b769107': `Mudar de ideia`,
'sb263a8794993918d': `Contribuir aqui?`,
'sbe1a11b409e955eb': str`Empreste parte da sua GPU enquanto está em ${0}. Ela multiplica números para outros e não lê arquivos. Outros nós veem seu endereço de rede. O crédito é só seu, o site não recebe nada. Termina quando você parar ou sair.`,
'sbe500d9926fe08c0': `Nada foi iniciado.`,
'sc7a64a3b1a65b673': `Desligado porque seu navegador está economizando dados.`,
'scb733b3497793860': `Parte da GPU`,
'scca2f7bfc2259285': `Seu navegador não diz em que site esta caixa está, então nada pode ser iniciado aqui.`,
'sd0a57fcaf5b797f3': str`Este site pede no máximo ${0}.`,
'sd9ad53251f2330a5': `Parar`,
'sd9f913dc1d223aa8': `Carregando o necessário …`,
'seb26977ac44df278': str`Não será perguntado de novo aqui até ${0}.`,
'sfa86caf32ce23abe': `Algo cobria esta caixa quando você clicou, então nada foi iniciado. Clique de novo quando a vir por inteiro.`,
    };
  